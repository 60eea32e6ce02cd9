"""What bench/blob_bench.c measures, done by Amazon's own client for Python.

usage: blob_peer.py ENDPOINT BUCKET PREFIX SMALL LARGE_MIB THREADS
"""

import json
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

endpoint, bucket, prefix = sys.argv[1:4]
small_count, large_mib, threads = map(int, sys.argv[4:7])
SMALL = bytes(i * 37 & 255 for i in range(30000))
MB = large_mib * 1.048576

s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1",
                  config=Config(max_pool_connections=64, s3={"addressing_style": "path"}))


def key(n):
    return f"{prefix}/p/v/frames/{n:08}.jpg"


def put(n):
    s3.put_object(Bucket=bucket, Key=key(n), Body=SMALL)


def get(n):
    assert s3.get_object(Bucket=bucket, Key=key(n))["Body"].read() == SMALL


def rate(work):
    start = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(small_count)))
    return small_count / (time.monotonic() - start)


def timed(work):
    start = time.monotonic()
    work()
    return time.monotonic() - start


def ranges():
    for i in range(large_mib):
        first = i << 20
        s3.get_object(Bucket=bucket, Key=source, Range=f"bytes={first}-{first + (1 << 20) - 1}")["Body"].read()


def remove():
    found = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/p/")
    for page in found:
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": o["Key"]} for o in page["Contents"]], "Quiet": True})


source = f"{prefix}/p/v/source"
result = {"put_small": rate(put), "get_small": rate(get)}
with tempfile.TemporaryDirectory() as folder:
    path, copy = os.path.join(folder, "large"), os.path.join(folder, "copy")
    with open(path, "wb") as out:
        for _ in range(large_mib):
            out.write(SMALL * 34 + SMALL[:(1 << 20) - 34 * len(SMALL)])
    # Its own choice: parts of 8 MiB, ten at a time.
    result["put_large"] = MB / timed(lambda: s3.upload_file(path, bucket, source))
    result["get_large"] = MB / timed(lambda: s3.download_file(bucket, source, copy))
result["ranges"] = MB / timed(ranges)
result["remove"] = (small_count + 1) / timed(remove)
print(json.dumps({name: round(value) for name, value in result.items()}))
