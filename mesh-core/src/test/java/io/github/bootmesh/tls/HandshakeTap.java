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

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.ssl.SslContext;
import io.netty.internal.tcnative.SSLContext;
import org.springframework.test.util.ReflectionTestUtils;

/**
 * Sees what a client sends and receives, in front of its TLS. What the server sends in
 * TLS 1.3 is deciphered with the secrets that BoringSSL logs of the client's context (RFC
 * 8446, sections 5.2 and 7.3), so each context is good for one connection.
 */
final class HandshakeTap extends ChannelDuplexHandler {

	private static final int ALERT = 21;

	private static final int HANDSHAKE = 22;

	private static final int APPLICATION_DATA = 23;

	private final ByteArrayOutputStream sent = new ByteArrayOutputStream();

	private final ByteArrayOutputStream received = new ByteArrayOutputStream();

	private final Map<String, byte[]> secrets = new ConcurrentHashMap<>();

	/** Lets the context tell the secrets of its connection. */
	void learnSecrets(SslContext context) {
		// Netty keeps the only pointer that this takes to itself.
		Long pointer = (Long) Objects.requireNonNull(ReflectionTestUtils.getField(context, "ctx"));
		SSLContext.setKeyLogCallback(pointer, (connection, line) -> {
			String[] words = new String(line, StandardCharsets.US_ASCII).split(" ");
			this.secrets.put(words[0], HexFormat.of().parseHex(words[2]));
		});
	}

	@Override
	public synchronized void channelRead(ChannelHandlerContext ctx, Object message) {
		this.received.writeBytes(ByteBufUtil.getBytes((ByteBuf) message));
		ctx.fireChannelRead(message);
	}

	@Override
	public synchronized void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
		this.sent.writeBytes(ByteBufUtil.getBytes((ByteBuf) message));
		ctx.write(message, promise);
	}

	synchronized HandshakeMessage clientHello() {
		return plain(records(this.sent.toByteArray())).get(0);
	}

	/** The messages that the server sent in plain, as all of TLS 1.2 are. */
	synchronized List<HandshakeMessage> receivedInPlain() {
		return plain(records(this.received.toByteArray()));
	}

	/** The messages that the server sent in TLS 1.3 after its ServerHello. */
	synchronized List<HandshakeMessage> receivedEnciphered() throws GeneralSecurityException {
		List<TlsRecord> records = records(this.received.toByteArray());
		int suite = plain(records).get(0).cipherSuite();
		byte[] secret = secret("SERVER_HANDSHAKE_TRAFFIC_SECRET");
		long sequence = 0;
		ByteArrayOutputStream stream = new ByteArrayOutputStream();
		List<HandshakeMessage> messages = new ArrayList<>();
		for (TlsRecord protectedRecord : records) {
			if (protectedRecord.type() != APPLICATION_DATA) {
				continue;
			}
			byte[] content = decipher(suite, secret, sequence++, protectedRecord);
			int end = content.length - 1;
			while (content[end] == 0) {
				end--;
			}
			if (content[end] != HANDSHAKE) {
				continue;
			}
			stream.write(content, 0, end);
			List<HandshakeMessage> complete = HandshakeMessage.all(stream.toByteArray());
			if (!complete.isEmpty() && complete.get(complete.size() - 1).type() == HandshakeMessage.FINISHED) {
				messages.addAll(complete);
				stream.reset();
				secret = secret("SERVER_TRAFFIC_SECRET_0");
				sequence = 0;
			}
		}
		messages.addAll(HandshakeMessage.all(stream.toByteArray()));
		return messages;
	}

	private byte[] secret(String label) {
		return Objects.requireNonNull(this.secrets.get(label), label);
	}

	/** The descriptions of the alerts that the server sent in plain. */
	synchronized List<Integer> alerts() {
		return records(this.received.toByteArray()).stream()
			.filter((plain) -> plain.type() == ALERT)
			.map((plain) -> (int) plain.content()[1])
			.toList();
	}

	private static List<TlsRecord> records(byte[] bytes) {
		ByteBuffer in = ByteBuffer.wrap(bytes);
		List<TlsRecord> records = new ArrayList<>();
		while (in.remaining() >= 5) {
			byte[] header = new byte[5];
			in.get(header);
			byte[] content = new byte[(header[3] & 0xff) << 8 | header[4] & 0xff];
			if (content.length > in.remaining()) {
				break;
			}
			in.get(content);
			records.add(new TlsRecord(header, content));
		}
		return records;
	}

	// Up to where TLS 1.2 begins to encipher.
	private static List<HandshakeMessage> plain(List<TlsRecord> records) {
		ByteArrayOutputStream stream = new ByteArrayOutputStream();
		for (TlsRecord each : records) {
			if (each.type() != HANDSHAKE) {
				break;
			}
			stream.writeBytes(each.content());
		}
		return HandshakeMessage.all(stream.toByteArray());
	}

	private static byte[] decipher(int suite, byte[] secret, long sequence, TlsRecord sealed)
			throws GeneralSecurityException {
		boolean chacha = suite == 0x1303;
		byte[] key = expand(secret, "key", (suite == 0x1301) ? 16 : 32);
		byte[] nonce = expand(secret, "iv", 12);
		for (int i = 0; i < 8; i++) {
			nonce[nonce.length - 1 - i] ^= (byte) (sequence >>> (8 * i));
		}
		Cipher cipher = Cipher.getInstance(chacha ? "ChaCha20-Poly1305" : "AES/GCM/NoPadding");
		cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, chacha ? "ChaCha20" : "AES"),
				chacha ? new IvParameterSpec(nonce) : new GCMParameterSpec(128, nonce));
		cipher.updateAAD(sealed.header());
		return cipher.doFinal(sealed.content());
	}

	// HKDF-Expand-Label, of which no more than one block is needed.
	private static byte[] expand(byte[] secret, String label, int length) throws GeneralSecurityException {
		byte[] name = ("tls13 " + label).getBytes(StandardCharsets.US_ASCII);
		Mac mac = Mac.getInstance((secret.length == 48) ? "HmacSHA384" : "HmacSHA256");
		mac.init(new SecretKeySpec(secret, "HKDF"));
		mac.update(ByteBuffer.allocate(2 + 1 + name.length + 1 + 1)
			.putShort((short) length)
			.put((byte) name.length)
			.put(name)
			.put((byte) 0)
			.put((byte) 1)
			.flip());
		return Arrays.copyOf(mac.doFinal(), length);
	}

	private record TlsRecord(byte[] header, byte[] content) {

		int type() {
			return this.header[0];
		}

	}

}
