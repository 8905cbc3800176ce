/**
 * What both transports share at the door: who may do what, and how much memory and time a request
 * may take before it is known and while it is read. May import {@code core} and {@code service}.
 */
@NullMarked
package io.talchum.api.gate;

import org.jspecify.annotations.NullMarked;
