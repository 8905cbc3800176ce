package io.talchum.service;

import java.util.List;
import java.util.Map;

/**
 * What an adapter folder is and does, on one base.
 *
 * @param name of the folder
 * @param version its content's hash
 * @param tensorBytes in the file
 * @param residentBytes that the executor needs for it
 * @param needsExtendedGraph whether it runs on the extended graph, not on the base's own
 * @param virtualTokens positions of the context that it takes
 * @param primitives how many of each, by name
 * @param changes by linear, in the order in which they run
 * @param base name and content hash of the base that it fits
 */
public record AdapterReport(
    String name,
    String kind,
    String version,
    long tensorBytes,
    long residentBytes,
    boolean needsExtendedGraph,
    int virtualTokens,
    Map<String, Integer> primitives,
    List<ModuleChange> changes,
    SelfTestCard selfTest,
    String base) {

  public AdapterReport {
    primitives = Map.copyOf(primitives);
    changes = List.copyOf(changes);
  }
}
