package io.talchum.cli;

import io.talchum.service.ModelSource.Quantization;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a quantization as the help spells it, in small or capital letters. */
final class QuantizationConverter implements ITypeConverter<Quantization> {
  @Override
  public Quantization convert(String text) {
    return Arrays.stream(Quantization.values())
        .filter(value -> value.toString().equalsIgnoreCase(text))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "'%s' is none of %s"
                        .formatted(
                            text,
                            Arrays.stream(Quantization.values())
                                .map(Quantization::toString)
                                .collect(Collectors.joining(", ")))));
  }
}
