/**
 * The gRPC surface on the port of HTTP: mappers from and to the messages of {@code
 * proto/talchum/v1}, the table of statuses.
 *
 * <p>May import: core, service. The event loop receives and checks messages; every call then runs
 * on a virtual thread of its own, which waits while the client reads slowly.
 */
@NullMarked
package io.talchum.api.grpc;

import org.jspecify.annotations.NullMarked;
