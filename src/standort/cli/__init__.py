"""The command line: parse, call, exit code. Everything it does can be done from Python too."""
