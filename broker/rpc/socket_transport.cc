// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/socket_transport.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

namespace belfry::rpc {
namespace {

constexpr size_t kPiecesPerWrite = 64;

}  // namespace

IoResult SocketTransport::Read(std::span<char> room) {
  ssize_t bytes;
  do {
    bytes = recv(fd_, room.data(), room.size(), 0);
  } while (bytes < 0 && errno == EINTR);
  if (bytes > 0) return {IoOutcome::kDone, static_cast<size_t>(bytes)};
  if (bytes == 0) return {IoOutcome::kEnd};
  return {errno == EAGAIN ? IoOutcome::kWantRead : IoOutcome::kFailed};
}

IoResult SocketTransport::Write(ByteChain& chain) {
  iovec pieces[kPiecesPerWrite];
  msghdr message = {};
  message.msg_iov = pieces;
  message.msg_iovlen = chain.FillIovec(pieces, kPiecesPerWrite);
  size_t offered = 0;
  for (size_t i = 0; i < message.msg_iovlen; ++i) offered += pieces[i].iov_len;
  ssize_t written;
  do {
    written = sendmsg(fd_, &message, MSG_NOSIGNAL);
  } while (written < 0 && errno == EINTR);
  if (written < 0) return {errno == EAGAIN ? IoOutcome::kWantWrite : IoOutcome::kFailed};
  const auto bytes = static_cast<size_t>(written);
  chain.Consume(bytes);
  // A short write means a full socket; asking again would only be told so.
  return {bytes < offered ? IoOutcome::kWantWrite : IoOutcome::kDone, bytes};
}

void SocketTransport::ShutdownWrite() { shutdown(fd_, SHUT_WR); }

}  // namespace belfry::rpc
