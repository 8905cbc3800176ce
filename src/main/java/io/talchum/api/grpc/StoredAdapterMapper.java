package io.talchum.api.grpc;

import io.talchum.service.SelfTestCard;
import io.talchum.service.StoredAdapter;
import io.talchum.v1.ListStoredAdaptersResponse;
import io.talchum.v1.SelfTest;
import java.util.List;

/** {@code talchum.v1.StoredAdapter}. */
final class StoredAdapterMapper {
  private StoredAdapterMapper() {}

  static ListStoredAdaptersResponse list(List<StoredAdapter.Summary> adapters) {
    ListStoredAdaptersResponse.Builder wire = ListStoredAdaptersResponse.newBuilder();
    for (StoredAdapter.Summary adapter : adapters) {
      wire.addAdaptersBuilder()
          .setName(adapter.name())
          .setCurrent(adapter.current().hex())
          .setPinned(adapter.pinned())
          .setResidentBytes(adapter.residentBytes());
    }
    return wire.build();
  }

  static io.talchum.v1.StoredAdapter adapter(StoredAdapter adapter) {
    io.talchum.v1.StoredAdapter.Builder wire =
        io.talchum.v1.StoredAdapter.newBuilder()
            .setName(adapter.name())
            .setCurrent(adapter.current().hex())
            .setPinned(adapter.pinned());
    adapter.versions().forEach(version -> wire.addVersions(version(version)));
    adapter.previous().forEach(version -> wire.addPrevious(version.hex()));
    for (StoredAdapter.Event event : adapter.history()) {
      wire.addHistoryBuilder()
          .setAt(Times.timestamp(event.at()))
          .setAction(event.action())
          .setVersion(event.version().hex());
    }
    return wire.build();
  }

  private static io.talchum.v1.StoredAdapter.Version version(StoredAdapter.Version version) {
    io.talchum.v1.StoredAdapter.Version.Builder wire =
        io.talchum.v1.StoredAdapter.Version.newBuilder()
            .setVersion(version.version().hex())
            .setResidentBytes(version.residentBytes())
            .setLeases(version.leases())
            .setSelfTest(selfTest(version.selfTest()));
    StoredAdapter.Card card = version.card();
    if (card != null) {
      wire.setKind(card.kind())
          .setRank(card.rank())
          .setModules(card.modules())
          .setMemoryBytes(card.memoryBytes())
          .setBase(card.base())
          .setAdded(Times.timestamp(card.added()));
      for (StoredAdapter.File file : card.files()) {
        wire.addFilesBuilder()
            .setName(file.name())
            .setBytes(file.bytes())
            .setSha256(file.sha256().hex());
      }
    }
    return wire.build();
  }

  static SelfTest selfTest(SelfTestCard test) {
    return SelfTest.newBuilder()
        .setStatus(
            switch (test.status()) {
              case PASSED -> SelfTest.Status.STATUS_PASSED;
              case FAILED -> SelfTest.Status.STATUS_FAILED;
              case NOT_RUN_YET -> SelfTest.Status.STATUS_NOT_RUN_YET;
            })
        .setNorm(test.norm())
        .setBaseNorm(test.baseNorm())
        .setLargest(test.largest())
        .setMilliseconds(test.milliseconds())
        .setFailure(test.failure())
        .build();
  }
}
