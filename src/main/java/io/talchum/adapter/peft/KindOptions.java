package io.talchum.adapter.peft;

import io.talchum.adapter.folder.AdapterConfigFields;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What becomes of every key of a kind's {@code adapter_config.json}; the tables of
 * docs/adapters.md.
 *
 * @param honoured read by the kind or by {@link CommonOptions}
 * @param harmless say how the adapter was made, not what it computes
 * @param refused would change the result in a way that is not served, by reason; refused unless
 *     switched off
 * @param uncounted honoured ones that are in the version already by what they lead to
 */
record KindOptions(
    Set<String> honoured,
    Set<String> harmless,
    Map<String, String> refused,
    Set<String> uncounted) {

  KindOptions {
    honoured = Collections.unmodifiableSet(new TreeSet<>(honoured));
    harmless = Collections.unmodifiableSet(new TreeSet<>(harmless));
    refused = Collections.unmodifiableMap(new LinkedHashMap<>(refused));
    uncounted = Set.copyOf(uncounted);
  }

  /** Of a kind that changes modules, which the usual options select. */
  static KindOptions ofModules(Set<String> honoured, Set<String> harmless) {
    return new KindOptions(honoured, harmless, Map.of(), Set.of())
        .honouring(CommonOptions.MODULES)
        .refusing(Map.of("fan_in_fan_out", "transposed base weights are not served"));
  }

  /** Of a kind that puts virtual tokens before the prompt. */
  static KindOptions ofPrompts(Set<String> honoured, Set<String> harmless) {
    return new KindOptions(honoured, harmless, Map.of(), Set.of())
        .honouring(CommonOptions.PROMPTS)
        .refusing(Map.of("modules_to_save", "PEFT does not save them for this kind"));
  }

  private KindOptions honouring(Set<String> more) {
    Set<String> all = new TreeSet<>(honoured);
    all.addAll(more);
    Set<String> free = new TreeSet<>(uncounted);
    free.addAll(more);
    return new KindOptions(all, harmless, refused, free);
  }

  KindOptions refusing(Map<String, String> more) {
    Map<String, String> all = new LinkedHashMap<>(refused);
    all.putAll(more);
    return new KindOptions(honoured, harmless, all, uncounted);
  }

  KindOptions uncounting(Set<String> more) {
    Set<String> all = new TreeSet<>(uncounted);
    all.addAll(more);
    return new KindOptions(honoured, harmless, refused, all);
  }

  /**
   * @throws io.talchum.core.ServeException INVALID_ADAPTER naming the first key that is unknown,
   *     not served or malformed
   */
  void check(AdapterConfigFields config) {
    config
        .root()
        .properties()
        .forEach(
            entry -> {
              String key = entry.getKey();
              if (CommonOptions.isKnown(key)
                  || honoured.contains(key)
                  || harmless.contains(key)
                  || AdapterConfigFields.isOff(entry.getValue())) {
                return;
              }
              String why = refused.get(key);
              String value = AdapterConfigFields.show(entry.getValue());
              throw AdapterConfigFields.refuse(
                  why == null
                      ? "the key " + key + " is not known; it is " + value
                      : key + " is " + value + ": " + why);
            });
    CommonOptions.check(config);
  }

  /** The honoured keys whose values belong to the version, in order. */
  Set<String> counted() {
    Set<String> counted = new TreeSet<>(honoured);
    counted.removeAll(uncounted);
    return counted;
  }
}
