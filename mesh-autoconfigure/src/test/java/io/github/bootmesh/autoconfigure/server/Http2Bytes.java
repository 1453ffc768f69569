/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.bootmesh.autoconfigure.server;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameTypes;

/**
 * HTTP/2 as bytes, so that a request can be anything. Bytes are the characters of a
 * Latin-1 text.
 */
final class Http2Bytes {

	private static final int END_STREAM = 0x1;

	private static final int END_HEADERS = 0x4;

	private static final int FRAME_HEAD = 9;

	private Http2Bytes() {
	}

	/** What a client says first. */
	static String preface() {
		return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(Http2FrameTypes.SETTINGS, 0, 0, "");
	}

	/**
	 * A request without a body.
	 * @param fields names and values by turns, each shorter than 127 bytes
	 */
	static String request(int stream, String... fields) {
		StringBuilder block = new StringBuilder();
		for (int i = 0; i < fields.length; i += 2) {
			// A literal without indexing, with a new name (RFC 7541, section 6.2.2).
			block.append('\0').append(text(fields[i])).append(text(fields[i + 1]));
		}
		return frame(Http2FrameTypes.HEADERS, END_STREAM | END_HEADERS, stream, block.toString());
	}

	/**
	 * What has become of the only request, by what a server has sent so far.
	 * @return the status, 0 for a reset, -1 if nothing yet
	 */
	static int outcome(String sent) {
		ByteBuf bytes = Unpooled.wrappedBuffer(sent.getBytes(StandardCharsets.ISO_8859_1));
		while (bytes.readableBytes() >= FRAME_HEAD) {
			int length = bytes.readUnsignedMedium();
			byte type = bytes.readByte();
			bytes.skipBytes(1);
			int stream = bytes.readInt();
			ByteBuf payload = bytes.readSlice(Math.min(length, bytes.readableBytes()));
			if (type == Http2FrameTypes.HEADERS) {
				return status(stream, payload);
			}
			if (type == Http2FrameTypes.RST_STREAM || type == Http2FrameTypes.GO_AWAY) {
				return 0;
			}
		}
		return -1;
	}

	/**
	 * What a server has sent so far, as types of frames with the streams that they are
	 * of, in order.
	 */
	static List<String> frames(String sent) {
		List<String> frames = new ArrayList<>();
		ByteBuf bytes = Unpooled.wrappedBuffer(sent.getBytes(StandardCharsets.ISO_8859_1));
		while (bytes.readableBytes() >= FRAME_HEAD) {
			int length = bytes.readUnsignedMedium();
			String type = switch (bytes.readByte()) {
				case Http2FrameTypes.DATA -> "DATA";
				case Http2FrameTypes.HEADERS -> "HEADERS";
				case Http2FrameTypes.RST_STREAM -> "RST_STREAM";
				case Http2FrameTypes.GO_AWAY -> "GOAWAY";
				default -> "other";
			};
			bytes.skipBytes(1);
			frames.add(type + " " + bytes.readInt());
			bytes.skipBytes(Math.min(length, bytes.readableBytes()));
		}
		return frames;
	}

	private static int status(int stream, ByteBuf block) {
		try {
			CharSequence status = new DefaultHttp2HeadersDecoder().decodeHeaders(stream, block).status();
			return Integer.parseInt(status.toString());
		}
		catch (Http2Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static String text(String text) {
		return (char) text.length() + text;
	}

	private static String frame(byte type, int flags, int stream, String payload) {
		int length = payload.length();
		return bytes(length >> 16, length >> 8, length, type, flags, stream >> 24, stream >> 16, stream >> 8, stream)
				+ payload;
	}

	private static String bytes(int... bytes) {
		StringBuilder text = new StringBuilder();
		for (int value : bytes) {
			text.append((char) (value & 0xff));
		}
		return text.toString();
	}

}
