"""Where figures are kept: tables, engine, the one writer, the queries. SQLAlchemy lives here and nowhere else."""
