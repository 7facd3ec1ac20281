package dev.tokenledger.ingest.otlp;

import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;

/**
 * Makes a request readable in which some text is not UTF-8, such as a prompt that its sender has
 * cut within a character: what is no character becomes U+FFFD. An exporter that is refused drops
 * the whole batch, so refusing one text would lose every call beside it.
 *
 * <p>The generated classes insist on UTF-8, as proto3 demands; by the same schema in proto2, which
 * does not, the request can be read and written again.
 */
final class RepairedText {
  private static final Descriptor TOLERANT =
      tolerant(ExportTraceServiceRequest.getDescriptor().getFile())
          .findMessageTypeByName(ExportTraceServiceRequest.getDescriptor().getName());

  private RepairedText() {}

  /**
   * The same request with nothing but valid text.
   *
   * @throws InvalidProtocolBufferException if more than text is wrong with it
   */
  static byte[] of(byte[] request) throws InvalidProtocolBufferException {
    return DynamicMessage.parseFrom(TOLERANT, request).toByteArray();
  }

  private static FileDescriptor tolerant(FileDescriptor strict) {
    FileDescriptorProto.Builder proto = strict.toProto().toBuilder().setSyntax("proto2");
    // Unpacked is the default there; it is read either way.
    proto
        .getMessageTypeBuilderList()
        .forEach(
            message ->
                message
                    .getFieldBuilderList()
                    .forEach(FieldDescriptorProto.Builder::clearProto3Optional));
    FileDescriptor[] dependencies =
        strict.getDependencies().stream()
            .map(RepairedText::tolerant)
            .toArray(FileDescriptor[]::new);
    try {
      return FileDescriptor.buildFrom(proto.build(), dependencies);
    } catch (DescriptorValidationException e) {
      throw new IllegalStateException("the schema of traces cannot be read as proto2", e);
    }
  }
}
