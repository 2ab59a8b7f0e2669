// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/reflection_service.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>

#include "broker/rpc/typed_method.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"

namespace belfry::frontend::grpc {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;

// The file and all it imports, each once, imports first.
void AppendFile(const FileDescriptor* file, std::set<const FileDescriptor*>& seen,
                google::protobuf::RepeatedPtrField<std::string>* out) {
  if (!seen.insert(file).second) return;
  for (int i = 0; i < file->dependency_count(); ++i) AppendFile(file->dependency(i), seen, out);
  google::protobuf::FileDescriptorProto proto;
  file->CopyTo(&proto);
  proto.SerializeToString(out->Add());
}

// Both versions of the protocol have the same messages under two names.
template <class Request, class Response>
class ReflectionStream final : public rpc::CallHandler {
 public:
  ReflectionStream(const std::vector<std::string>& services, rpc::Call& call)
      : services_(services), call_(call) {}

  void OnMessage(std::string_view message) override {
    Request request;
    if (const Status status = rpc::ParseMessage(message, request); !status.ok()) {
      call_.Finish(status);
      return;
    }
    Response response;
    response.set_valid_host(request.host());
    *response.mutable_original_request() = request;
    Answer(request, response);
    rpc::WriteMessage(call_, response);
    if (!call_.writable()) call_.PauseReading();
  }
  void OnHalfClose() override { call_.Finish(Status()); }
  void OnWritable() override { call_.ResumeReading(); }
  void OnClosed(const Status&) override {}

 private:
  void Answer(const Request& request, Response& response) {
    const DescriptorPool& pool = *DescriptorPool::generated_pool();
    switch (request.message_request_case()) {
      case Request::kListServices:
        for (const std::string& service : services_) {
          response.mutable_list_services_response()->add_service()->set_name(service);
        }
        return;
      case Request::kFileByFilename:
        AnswerFile(pool.FindFileByName(request.file_by_filename()), response);
        return;
      case Request::kFileContainingSymbol:
        AnswerFile(pool.FindFileContainingSymbol(request.file_containing_symbol()), response);
        return;
      case Request::kFileContainingExtension:
      case Request::kAllExtensionNumbersOfType:
        AnswerError(StatusCode::kNotFound, "Belfry's messages have no extensions", response);
        return;
      default:
        AnswerError(StatusCode::kUnimplemented, "not a request that this server knows", response);
    }
  }

  void AnswerFile(const FileDescriptor* file, Response& response) {
    if (file == nullptr) {
      AnswerError(StatusCode::kNotFound, "no such file or symbol here", response);
      return;
    }
    std::set<const FileDescriptor*> seen;
    AppendFile(file, seen,
               response.mutable_file_descriptor_response()->mutable_file_descriptor_proto());
  }

  static void AnswerError(StatusCode code, const char* text, Response& response) {
    response.mutable_error_response()->set_error_code(static_cast<int>(code));
    response.mutable_error_response()->set_error_message(text);
  }

  const std::vector<std::string>& services_;
  rpc::Call& call_;
};

template <class Request, class Response>
void AddVersion(rpc::ServiceTable& table, const std::string& service,
                std::shared_ptr<const std::vector<std::string>> services) {
  table.Add("/" + service + "/ServerReflectionInfo", {}, [services](rpc::Call& call) {
    return std::make_unique<ReflectionStream<Request, Response>>(*services, call);
  });
}

}  // namespace

void AddReflectionService(rpc::ServiceTable& table, std::vector<std::string> services) {
  namespace v1 = ::grpc::reflection::v1;
  namespace v1alpha = ::grpc::reflection::v1alpha;
  const std::string v1_name = "grpc.reflection.v1.ServerReflection";
  const std::string v1alpha_name = "grpc.reflection.v1alpha.ServerReflection";
  services.push_back(v1_name);
  services.push_back(v1alpha_name);
  auto shared = std::make_shared<const std::vector<std::string>>(std::move(services));
  AddVersion<v1::ServerReflectionRequest, v1::ServerReflectionResponse>(table, v1_name, shared);
  AddVersion<v1alpha::ServerReflectionRequest, v1alpha::ServerReflectionResponse>(
      table, v1alpha_name, shared);
}

}  // namespace belfry::frontend::grpc
