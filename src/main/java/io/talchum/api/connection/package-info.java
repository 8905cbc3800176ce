/**
 * What both transports need to know of the connections that requests come on.
 *
 * <p>May import: nothing of ours. Looks below Vert.x, at Netty's channels.
 */
@NullMarked
package io.talchum.api.connection;

import org.jspecify.annotations.NullMarked;
