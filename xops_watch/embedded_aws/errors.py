"""The two ways in which a request can be wrong: towards AWS, and towards the control API."""


class AwsError(Exception):
    """An answer that AWS would give as an error: a code, a sentence and an HTTP status."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class ControlError(Exception):
    """A control request that cannot be obeyed: HTTP 400 (or `status`) with the reason."""

    def __init__(self, reason: str, *, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


def validation_error(message: str) -> AwsError:
    """Return the error with which GetMetricData refuses a request."""
    return AwsError("ValidationError", message)


def invalid_parameter(message: str) -> AwsError:
    """Return the error with which ECS refuses a request."""
    return AwsError("InvalidParameterException", message)


def invalid_value(message: str) -> AwsError:
    """Return the error with which the other CloudWatch operations refuse a value."""
    return AwsError("InvalidParameterValue", message)
