"""The only room that runs the git binary (`run`) or touches pygit2."""
