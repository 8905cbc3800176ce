package io.talchum.api.gate;

import java.time.Duration;
import java.util.List;

/**
 * How much a request may take at the door.
 *
 * @param maxBodyBytes largest body or message
 * @param bodyTimeout in this time a part of a body must come
 * @param headTimeout in this time the head of a request must be there
 * @param idleTimeout how long a connection may stay open without a request
 * @param maxConnections connections at the same time
 * @param corsOrigins origins whose pages may call from a browser; {@code *} for all
 */
public record GateLimits(
    long maxBodyBytes,
    Duration bodyTimeout,
    Duration headTimeout,
    Duration idleTimeout,
    int maxConnections,
    List<String> corsOrigins) {}
