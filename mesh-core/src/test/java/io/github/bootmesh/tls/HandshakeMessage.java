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

package io.github.bootmesh.tls;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A message of a TLS handshake (RFC 8446, section 4, and RFC 5246, section 7.4).
 *
 * @param type its type
 * @param body what it holds
 */
record HandshakeMessage(int type, byte[] body) {

	static final int CLIENT_HELLO = 1;

	static final int SERVER_HELLO = 2;

	static final int NEW_SESSION_TICKET = 4;

	static final int ENCRYPTED_EXTENSIONS = 8;

	static final int CERTIFICATE_REQUEST = 13;

	static final int FINISHED = 20;

	static final int PRE_SHARED_KEY = 41;

	static final int EARLY_DATA = 42;

	static final int SUPPORTED_VERSIONS = 43;

	static final int CERTIFICATE_AUTHORITIES = 47;

	/** The complete messages in what the records of one protection hold. */
	static List<HandshakeMessage> all(byte[] bytes) {
		ByteBuffer in = ByteBuffer.wrap(bytes);
		List<HandshakeMessage> messages = new ArrayList<>();
		while (in.remaining() >= 4) {
			int type = in.get();
			int length = (in.get() & 0xff) << 16 | in.getShort() & 0xffff;
			if (length > in.remaining()) {
				break;
			}
			messages.add(new HandshakeMessage(type, take(in, length).array()));
		}
		return messages;
	}

	/** The extensions of a ClientHello, or of a message of TLS 1.3. */
	Map<Integer, ByteBuffer> extensions() {
		ByteBuffer in = ByteBuffer.wrap(this.body);
		switch (this.type) {
			case CLIENT_HELLO -> {
				take(in, 2 + 32);
				take(in, in.get() & 0xff);
				take(in, in.getShort() & 0xffff);
				take(in, in.get() & 0xff);
			}
			case CERTIFICATE_REQUEST -> take(in, in.get() & 0xff);
			case NEW_SESSION_TICKET -> {
				take(in, 4 + 4);
				take(in, in.get() & 0xff);
				take(in, in.getShort() & 0xffff);
			}
			case ENCRYPTED_EXTENSIONS -> {
			}
			default -> throw new IllegalStateException("No extensions are read from a message of type " + this.type);
		}
		Map<Integer, ByteBuffer> extensions = new LinkedHashMap<>();
		ByteBuffer block = take(in, in.getShort() & 0xffff);
		while (block.hasRemaining()) {
			extensions.put(block.getShort() & 0xffff, take(block, block.getShort() & 0xffff));
		}
		return extensions;
	}

	/** The CA names in a CertificateRequest of TLS 1.2, in bytes. */
	int certificateAuthoritiesLength() {
		ByteBuffer in = ByteBuffer.wrap(this.body);
		take(in, in.get() & 0xff);
		take(in, in.getShort() & 0xffff);
		return in.getShort() & 0xffff;
	}

	/** The cipher suite of a ServerHello. */
	int cipherSuite() {
		ByteBuffer in = ByteBuffer.wrap(this.body);
		take(in, 2 + 32);
		take(in, in.get() & 0xff);
		return in.getShort() & 0xffff;
	}

	private static ByteBuffer take(ByteBuffer in, int length) {
		byte[] bytes = new byte[length];
		in.get(bytes);
		return ByteBuffer.wrap(bytes);
	}

}
