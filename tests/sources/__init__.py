"""Tests of the sources: real archives, real HTTP on loopback, real git repositories."""
