"""The only place that names concrete adapters; each module only those that its commands need."""
