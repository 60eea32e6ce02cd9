"""The contract of meta stores over Redis, one server and a cluster. What happens to whole ingestions over it is in
tests/integration/test_redis.py, because `make test` has a Redis too."""

import pytest


@pytest.mark.parametrize("servers", ["redis", "redis-cluster"])
def test_it_keeps_the_contract_of_meta_stores(servers, run_c_test):
    run_c_test("src/meta_store/meta_store_contract", servers)
