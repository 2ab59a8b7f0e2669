# SPDX-License-Identifier: Apache-2.0
"""What `./dev bench` measures and what we hold ourselves to: the table that later scenarios join."""
from collections import namedtuple

PAYLOAD_BYTES = 128

# rate: messages a second, None: as fast as the window allows. metrics: names of METRICS, in order.
# goals: metric -> Goal.
Scenario = namedtuple("Scenario", "name about subscribers rate metrics goals")

# against: "better" of the peers, metric by metric, or one of them. at_least: the ratio Belfry / peer must not be
# below `factor`; otherwise not above it. stretch: what we would like.
Goal = namedtuple("Goal", "against at_least factor stretch")

# value: from one run's result. more: whether more is better.
Metric = namedtuple("Metric", "name about value more")


def each_delivery(field):
    """CPU microseconds a delivery: the same number is CPU seconds a million deliveries. Time and rate are of the
    same seconds as the CPU; what was delivered in them is their product."""
    def value(result):
        deliveries = result["deliveries_per_s"] * result["seconds"]
        return None if result[field] is None or deliveries <= 0 else result[field] * 1e6 / deliveries
    return value


METRICS = {metric.name: metric for metric in (
    Metric("deliveries_per_s", "deliveries/s", lambda result: result["deliveries_per_s"], True),
    Metric("server_cpu_us", "server CPU, µs a delivery", each_delivery("broker_cpu_s"), False),
    Metric("client_cpu_us", "client CPU, µs a delivery", each_delivery("client_cpu_s"), False),
    Metric("p50_us", "delay p50, µs", lambda result: result["p50_us"], False),
    Metric("p99_us", "delay p99, µs", lambda result: result["p99_us"], False),
    Metric("p999_us", "delay p99.9, µs", lambda result: result["p999_us"], False),
)}

FAST = ("deliveries_per_s", "server_cpu_us", "client_cpu_us")
LATE = ("deliveries_per_s", "p50_us", "p99_us", "p999_us", "server_cpu_us", "client_cpu_us")

SCENARIOS = {scenario.name: scenario for scenario in (
    Scenario("fanout-1", "1 → 1, as fast as it goes", 1, None, FAST,
             {"deliveries_per_s": Goal("better", True, 1.5, None)}),
    Scenario("fanout-10", "1 → 10, as fast as it goes", 10, None, FAST,
             {"deliveries_per_s": Goal("better", True, 2, 3), "server_cpu_us": Goal("better", False, 1 / 3, None)}),
    Scenario("fanout-100", "1 → 100, as fast as it goes", 100, None, FAST,
             {"deliveries_per_s": Goal("better", True, 2, 3), "server_cpu_us": Goal("better", False, 1 / 2, 1 / 3)}),
    Scenario("latency", "1 → 10 at 10,000 messages/s", 10, 10_000, LATE,
             {"p50_us": Goal("redis", False, 1.1, 1.0), "p99_us": Goal("redis", False, 1.0, 0.5)}),
)}
