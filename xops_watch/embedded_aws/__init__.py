"""An AWS in a process of its own: the demo's world and the bench on which faults are tried.

It imports nothing of `xops_watch` except the clock, and nothing of `xops_watch` imports it.
"""
