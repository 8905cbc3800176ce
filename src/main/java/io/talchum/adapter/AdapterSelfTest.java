package io.talchum.adapter;

import java.util.ArrayList;
import java.util.List;

/** Tries adapters before requests get them: one forward pass each, once per content. Any thread. */
public interface AdapterSelfTest {
  /** Lets everything through. */
  AdapterSelfTest NONE =
      new AdapterSelfTest() {
        @Override
        public void admit(AdapterId id, List<Part> parts) {}

        @Override
        public void firstUse(AdapterId id, List<Part> parts) {}
      };

  /**
   * What an adapter does in one of its variants, or for all requests.
   *
   * @param touchedTokenIds some tokens without which it may show no effect
   */
  record Part(ResidentAdapter resident, int[] touchedTokenIds) {}

  /**
   * Before an adapter is taken at all; a failure leaves no trace.
   *
   * @throws io.talchum.core.ServeException INVALID_ADAPTER naming it if it fails, and what keeps
   *     the model from running
   */
  void admit(AdapterId id, List<Part> parts);

  /**
   * Before the first request uses an adapter that was taken untried; the result is remembered.
   *
   * @throws io.talchum.core.ServeException as {@link #admit}
   */
  void firstUse(AdapterId id, List<Part> parts);

  /** The parts of an adapter that is ready to run. */
  static List<Part> parts(AdapterContent content, List<ResidentAdapter> residents) {
    List<AdapterWeights> forms = content.forms();
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < residents.size(); i++) {
      parts.add(new Part(residents.get(i), forms.get(i).touchedTokenIds()));
    }
    return parts;
  }
}
