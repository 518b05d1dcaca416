"""The work of many machines: jobs in the database that keeps the state, by Procrastinate.

`jobs.py` says what a job is, `queue.py` puts jobs in, `tasks.py` does them, `keeper.py` looks after those of dead
workers and of other machines, `serve.py` is the process.
"""
