"""An S3 server on loopback: moto's, in a process of its own."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

import boto3
from machines import Process, free_port
from patience import wait_for

SECRET = "never-to-be-seen"


class Storage:
    """The server, a bucket, and the settings under which GDAL finds them."""

    def __init__(self, folder: Path, bucket: str = "continent") -> None:
        self.bucket = bucket
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = Process("-m", "moto.server", "-H", "127.0.0.1", "-p", str(port), folder=folder, name="moto")
        self.environment = {
            "AWS_S3_ENDPOINT": f"127.0.0.1:{port}",
            "AWS_HTTPS": "NO",
            "AWS_VIRTUAL_HOSTING": "FALSE",
            "AWS_ACCESS_KEY_ID": "someone",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        }
        wait_for(self._answers)
        keys = {"aws_access_key_id": "someone", "aws_secret_access_key": SECRET, "region_name": "us-east-1"}
        self.client = boto3.client("s3", endpoint_url=self.url, **keys)
        self.client.create_bucket(Bucket=bucket)

    def _answers(self) -> bool:
        try:
            return urllib.request.urlopen(self.url, timeout=2).status == 200
        except (urllib.error.URLError, OSError):
            return False

    def put(self, local: Path, key: str) -> str:
        """Store a file, and return GDAL's name for it."""
        self.client.upload_file(str(local), self.bucket, key)
        return f"/vsis3/{self.bucket}/{key}"

    def signed(self, key: str) -> str:
        """An address that opens an object to whoever has it."""
        return self.client.generate_presigned_url("get_object", {"Bucket": self.bucket, "Key": key})

    def keys(self, prefix: str = "") -> list[str]:
        """What is stored."""
        return sorted(entry["Key"] for entry in self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", []))

    def end(self) -> None:
        self.process.end()
