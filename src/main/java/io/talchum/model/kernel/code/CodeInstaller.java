package io.talchum.model.kernel.code;

/** Makes code executable. */
@FunctionalInterface
public interface CodeInstaller {
  /**
   * @throws CodeRefusedException if the system forbids it
   */
  MachineCode install(byte[] code) throws CodeRefusedException;
}
