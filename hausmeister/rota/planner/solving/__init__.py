"""The solver's part of the planner. Only the child process imports it: it loads OR-Tools."""
