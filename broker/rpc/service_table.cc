// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/service_table.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace belfry::rpc {

void ServiceTable::Add(std::string path, MethodOptions options, HandlerFactory make_handler) {
  const size_t method = path.rfind('/');
  BELFRY_CHECK(method != std::string::npos && method > 1 && path.front() == '/');
  receive_bytes_max_ = std::max(receive_bytes_max_, options.receive_bytes_max);
  services_.insert(path.substr(1, method - 1));
  const bool added =
      methods_.emplace(std::move(path), Method{options, std::move(make_handler)}).second;
  BELFRY_CHECK(added);
}

const ServiceTable::Method* ServiceTable::Find(std::string_view path) const {
  const auto entry = methods_.find(path);
  return entry == methods_.end() ? nullptr : &entry->second;
}

}  // namespace belfry::rpc
