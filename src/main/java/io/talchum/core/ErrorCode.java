package io.talchum.core;

/**
 * Why a request or a command was refused or failed; each transport has one total table from here to
 * its own status.
 */
public enum ErrorCode {
  /** A field has a wrong type, is out of range, or contradicts another field. */
  INVALID_REQUEST,
  /** A field or option that this server does not know or does not implement. */
  UNSUPPORTED,
  /** The prompt together with the tokens to generate does not fit into the context. */
  CONTEXT_LENGTH_EXCEEDED,
  /** The body is larger than the server accepts. */
  PAYLOAD_TOO_LARGE,
  /** No API key, or a wrong one. */
  UNAUTHENTICATED,
  /** The API key has not the scope that the route asks for. */
  FORBIDDEN,
  /** The body came too slowly, or stopped. */
  REQUEST_TIMEOUT,
  /** No base, adapter or version of that name. */
  MODEL_NOT_FOUND,
  /** No such route or object. */
  NOT_FOUND,
  /** The route exists but not with this HTTP method. */
  METHOD_NOT_ALLOWED,
  /** The name is taken by other content. */
  ALREADY_EXISTS,
  /** A model folder or file cannot be imported or opened. */
  INVALID_MODEL,
  /** An adapter folder cannot be read or does not fit the base. */
  INVALID_ADAPTER,
  /** The adapter serves requests now. */
  ADAPTER_IN_USE,
  /** A path outside the configured roots. */
  FORBIDDEN_PATH,
  /** The admission queue is full; try again later. */
  QUEUE_FULL,
  /** The memory for bodies that are being read is used up; try again later. */
  OVERLOADED,
  /** The request's deadline passed. */
  DEADLINE_EXCEEDED,
  /** The client went away. */
  CANCELLED,
  /** The server is draining and takes no new requests. */
  SHUTTING_DOWN,
  /** The engine failed and serves no requests. */
  ENGINE_UNHEALTHY,
  /** A defect of the server. */
  INTERNAL
}
