"""The local ground: real Apache Kafka and real PostgreSQL as child processes, on loopback only.

`KafkaCluster` and `PostgresServer` each own a data directory that survives kills and restarts; `LocalStack` runs both,
or uses the servers that `LAOXIAO_KAFKA` and `LAOXIAO_POSTGRES` name. Everything here blocks; call it from async code
through `asyncio.to_thread`. Trouble is a `StackError` with a named reason and a remedy.
"""
