package io.talchum.wiring;

import io.talchum.adapter.AdapterReader;
import io.talchum.adapter.BaseWeights;
import io.talchum.adapter.adapterhub.AdapterHubReader;
import io.talchum.adapter.adapterhub.OwnReader;
import io.talchum.adapter.folder.FormatReader;
import io.talchum.adapter.peft.PeftReader;
import java.util.List;

/** The formats of adapter folders that are read. */
public final class AdapterReaders {
  private AdapterReaders() {}

  public static AdapterReader of(BaseWeights base) {
    return new FormatReader(
        List.of(new AdapterHubReader(base.spec()), new OwnReader(base)), new PeftReader(base));
  }
}
