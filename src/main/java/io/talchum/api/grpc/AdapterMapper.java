package io.talchum.api.grpc;

import io.talchum.service.LoadedAdapter;
import io.talchum.v1.Adapter;
import io.talchum.v1.ListAdaptersResponse;
import java.util.List;

/** {@code talchum.v1.Adapter}. */
final class AdapterMapper {
  private AdapterMapper() {}

  static ListAdaptersResponse adapters(List<LoadedAdapter> adapters) {
    ListAdaptersResponse.Builder wire = ListAdaptersResponse.newBuilder();
    adapters.forEach(adapter -> wire.addAdapters(adapter(adapter)));
    return wire.build();
  }

  static Adapter adapter(LoadedAdapter adapter) {
    return Adapter.newBuilder()
        .setName(adapter.name())
        .setVersion(adapter.version().hex())
        .setSource(adapter.source())
        .setKind(adapter.kind())
        .setRank(adapter.rank())
        .setModules(adapter.modules())
        .setMemoryBytes(adapter.memoryBytes())
        .setResidentBytes(adapter.residentBytes())
        .setLeases(adapter.leases())
        .setSelfTest(StoredAdapterMapper.selfTest(adapter.selfTest()))
        .setLoaded(Times.timestamp(adapter.loadedAt()))
        .build();
  }
}
