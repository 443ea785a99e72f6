"""The console command: one file for each group of commands. Each imports what it needs when it runs."""
