"""Tests of what Framehound is deployed with (deploy/). What they need is fetched by scripts/setup k8s and image."""
