package io.talchum.model.kernel.integer;

/** Kernels cannot be used on this machine; the message says why. */
final class KernelsUnusableException extends Exception {
  private static final long serialVersionUID = 1;

  KernelsUnusableException(String message) {
    super(message);
  }
}
