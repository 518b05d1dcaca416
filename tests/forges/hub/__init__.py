"""A GitHub on loopback: Vercel's `emulate`, real git over HTTP beside it, and GitHub's own description between."""
