"""Writes: one public async function a verb."""
