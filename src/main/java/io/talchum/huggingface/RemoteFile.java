package io.talchum.huggingface;

/**
 * A file of a commit as the hub describes it.
 *
 * @param etag SHA-256 of a large file, SHA-1 of a small one's git blob, in hexadecimal
 */
record RemoteFile(String name, String etag, long sizeBytes) {}
