package io.talchum.service;

import java.time.Duration;

/** Told about what the services measure; called on any thread, must not block. */
public interface ServiceListener {
  /**
   * After the last byte of a complete answer went out.
   *
   * @param overhead from the request's arrival, without the time that the model ran or every slot
   *     was taken
   */
  void onDelivered(Duration overhead);
}
