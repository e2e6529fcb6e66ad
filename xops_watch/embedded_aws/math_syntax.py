"""Reads metric math: text in, tree out; whatever it does not know, it refuses."""

import re
from dataclasses import dataclass

from xops_watch.embedded_aws.errors import AwsError, validation_error

# Python's own stack would end before CloudWatch's 2,048 characters of parentheses do.
_DEPTH_MAX = 30

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<text>"[^"]*"|'[^']*')
      | (?P<sign><=|>=|==|!=|&&|\|\||[-+*/()\[\],<>])
    )""",
    re.VERBOSE,
)
_LEVELS: tuple[dict[str, str], ...] = (
    {"OR": "OR", "||": "OR"},
    {"AND": "AND", "&&": "AND"},
    {sign: sign for sign in ("<", "<=", ">", ">=", "==", "!=")},
    {"+": "+", "-": "-"},
    {"*": "*", "/": "/"},
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted text."""

    value: str


@dataclass(frozen=True, slots=True)
class Word:
    """An id of another query, or a keyword such as REPEAT."""

    name: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function by name, with its arguments."""

    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list in square brackets."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators of one level, to be applied from left to right.

    A chain and not a tree of pairs, so that a long sum is not a deep tree.
    """

    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]


Node = Number | Text | Word | Function | Items | Chain


def parse(expression: str) -> Node:
    """Return the tree of `expression`; raises AwsError(ValidationError) if it is not one."""
    reader = _Reader(expression)
    tree = reader.level(0)
    reader.expect_end()
    return tree


def words(node: Node) -> frozenset[str]:
    """Return every id or keyword in the tree."""
    match node:
        case Word(name):
            return frozenset({name})
        case Function(_, parts) | Items(parts):
            return frozenset[str]().union(*map(words, parts))
        case Chain(first, rest):
            return words(first).union(*(words(part) for _, part in rest))
        case _:
            return frozenset()


def functions(node: Node) -> frozenset[str]:
    """Return the name of every function in the tree."""
    match node:
        case Function(name, parts):
            return frozenset({name}).union(*map(functions, parts))
        case Items(parts):
            return frozenset[str]().union(*map(functions, parts))
        case Chain(first, rest):
            return functions(first).union(*(functions(part) for _, part in rest))
        case _:
            return frozenset()


class _Reader:
    """A recursive descent over the tokens of one expression."""

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._tokens = self._split(expression)
        self._at = 0
        self._depth = 0

    def level(self, index: int) -> Node:
        """Read one level of operators, lowest first."""
        if index == len(_LEVELS):
            return self._unary()
        first = self.level(index + 1)
        rest: list[tuple[str, Node]] = []
        while self._peek()[1] in _LEVELS[index] and self._peek()[0] != "text":
            sign = _LEVELS[index][self._next()[1]]
            rest.append((sign, self.level(index + 1)))
        return Chain(first, tuple(rest)) if rest else first

    def expect_end(self) -> None:
        """Refuse anything after the expression."""
        if self._peek()[0] != "end":
            raise self._error(f"unexpected {self._peek()[1]!r}")

    def _unary(self) -> Node:
        """Read any number of minus signs and what they stand before."""
        negative = False
        while self._peek() == ("sign", "-"):
            self._next()
            negative = not negative
        operand = self._operand()
        return Chain(Number(0.0), (("-", operand),)) if negative else operand

    def _operand(self) -> Node:
        """Read a number, a text, a name, a function, a list or parentheses."""
        kind, token = self._next()
        if kind == "number":
            return self._number(token)
        if kind == "text":
            return Text(token[1:-1])
        if (kind, token) == ("sign", "["):
            return Items(self._list_until("]"))
        if (kind, token) == ("sign", "("):
            inner = self._list_until(")")
            if len(inner) == 1:
                return inner[0]
        elif kind == "word" and token not in {"AND", "OR"}:
            if self._peek() != ("sign", "("):
                return Word(token)
            self._next()
            return Function(token, self._list_until(")"))
        raise self._error(f"unexpected {token!r}" if token else "it ends too early")

    def _list_until(self, closing: str) -> tuple[Node, ...]:
        """Read comma-separated expressions up to the sign `closing`."""
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            raise self._error(f"more than {_DEPTH_MAX} levels of parentheses")
        items: list[Node] = []
        if self._peek() != ("sign", closing):
            items.append(self.level(0))
            while self._peek() == ("sign", ","):
                self._next()
                items.append(self.level(0))
        if self._next() != ("sign", closing):
            raise self._error(f"{closing!r} is missing")
        self._depth -= 1
        return tuple(items)

    def _number(self, token: str) -> Number:
        value = float(token)
        if value == float("inf"):
            raise self._error(f"{token} is too large")
        return Number(value)

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _split(self, expression: str) -> list[tuple[str, str]]:
        tokens: list[tuple[str, str]] = []
        position = 0
        while expression[position:].strip():
            found = _TOKEN.match(expression, position)
            if found is None:
                raise self._error(f"unexpected {expression[position:].strip()[0]!r}")
            tokens.append((found.lastgroup or "", found[0].strip()))
            position = found.end()
        return tokens

    def _error(self, reason: str) -> AwsError:
        return validation_error(f"Error in expression '{self._expression}': {reason}")
