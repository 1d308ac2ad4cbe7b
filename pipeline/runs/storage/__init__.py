"""Work folders at URLs: a copy on this machine in which the stages work, and what is sent back of it."""
