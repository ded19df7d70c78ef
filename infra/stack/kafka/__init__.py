"""Real Apache Kafka in KRaft mode as child processes: one broker, or three that survive the loss of one."""

from infra.stack.kafka.cluster import KafkaCluster, KafkaNode
from infra.stack.kafka.readiness import existing_kafka, wait_for_kafka
from infra.stack.kafka.settings import Door

__all__ = ["Door", "KafkaCluster", "KafkaNode", "existing_kafka", "wait_for_kafka"]
