package io.talchum.adapter;

import java.util.List;

/**
 * Attention over several bottlenecks at one place (arXiv:2005.00247): x += sum_k softmax_k(query(i)
 * . key(a_k)) value(a_k), where a_k is what member k alone would add to x, and i = x + z.
 *
 * @param members all at this place; they act only through the fusion
 * @param query hidden to hidden
 */
public record AdapterFusion(
    int layer,
    Sublayer sublayer,
    List<Bottleneck> members,
    Projection query,
    Projection key,
    Projection value)
    implements AdapterPrimitive {
  public AdapterFusion {
    members = List.copyOf(members);
  }
}
