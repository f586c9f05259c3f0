"""CPU seconds spent in the passes, in a module of its own so that there is only one."""

spent_s = 0.0
