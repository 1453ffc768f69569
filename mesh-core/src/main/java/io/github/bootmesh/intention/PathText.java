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

package io.github.bootmesh.intention;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * The characters and escapes of paths, as RFC 3986 has them.
 */
final class PathText {

	/**
	 * What means the same escaped or not: section 2.3.
	 */
	static final PathText UNRESERVED = new PathText(
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

	/**
	 * What a segment may hold as it is: section 3.3, less the semicolon.
	 */
	static final PathText SEGMENT = new PathText(
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~" + "!$&'()*+,=:@");

	private static final PathText HEX = new PathText("0123456789ABCDEFabcdef");

	// What ends a segment, or starts parameters, for those who decode first.
	private static final PathText STRUCTURE = new PathText("/\\;");

	private final boolean[] members = new boolean[0x80];

	private PathText(String members) {
		for (int i = 0; i < members.length(); i++) {
			this.members[members.charAt(i)] = true;
		}
	}

	boolean has(int c) {
		return c < this.members.length && this.members[c];
	}

	/**
	 * Decodes the escapes of the characters that are in this set and writes the others in
	 * upper case.
	 * @param text a text whose escapes are whole
	 * @return the text, the same object if it has no escape
	 */
	String decode(String text) {
		int escape = text.indexOf('%');
		if (escape < 0) {
			return text;
		}
		StringBuilder decoded = new StringBuilder(text.length());
		int from = 0;
		for (; escape >= 0; escape = text.indexOf('%', from)) {
			decoded.append(text, from, escape);
			int c = octet(text, escape);
			if (has(c)) {
				decoded.append((char) c);
			}
			else {
				appendEscape(decoded, c);
			}
			from = escape + 3;
		}
		return decoded.append(text, from, text.length()).toString();
	}

	/**
	 * Escapes what no path can hold as it is.
	 */
	static String encode(String text) {
		StringBuilder encoded = new StringBuilder(text.length());
		for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
			int c = octet & 0xff;
			// Unescaped, the last four are never part of a path that is decided on.
			if (SEGMENT.has(c) || c == '%' || STRUCTURE.has(c) || c == '?' || c == '#') {
				encoded.append((char) c);
			}
			else {
				appendEscape(encoded, c);
			}
		}
		return encoded.toString();
	}

	private static void appendEscape(StringBuilder text, int octet) {
		text.append('%').append(hex(octet >> 4)).append(hex(octet & 0xf));
	}

	private static char hex(int digit) {
		return Character.toUpperCase(Character.forDigit(digit, 16));
	}

	/**
	 * Whether each percent sign starts an escape.
	 */
	static boolean hasWholeEscapes(String text) {
		for (int i = text.indexOf('%'); i >= 0; i = text.indexOf('%', i + 1)) {
			if (!isEscape(text, i)) {
				return false;
			}
		}
		return true;
	}

	private static boolean isEscape(String text, int at) {
		return at + 2 < text.length() && text.charAt(at) == '%' && HEX.has(text.charAt(at + 1))
				&& HEX.has(text.charAt(at + 2));
	}

	private static int octet(String text, int escape) {
		return Character.digit(text.charAt(escape + 1), 16) << 4 | Character.digit(text.charAt(escape + 2), 16);
	}

	/**
	 * Whether all escapes are whole, spell UTF-8, and leave the path's structure as it is
	 * when they are decoded, be it twice.
	 */
	static boolean hasSoundEscapes(String text) {
		if (!hasWholeEscapes(text)) {
			return false;
		}
		ByteBuffer octets = ByteBuffer.allocate(text.length());
		for (int i = 0; i < text.length(); i++) {
			if (text.charAt(i) != '%') {
				octets.put((byte) text.charAt(i));
				continue;
			}
			int c = octet(text, i);
			boolean escapesAgain = c == '%' && i + 4 < text.length() && HEX.has(text.charAt(i + 3))
					&& HEX.has(text.charAt(i + 4));
			if (c < 0x20 || c == 0x7f || STRUCTURE.has(c) || escapesAgain) {
				return false;
			}
			octets.put((byte) c);
			i += 2;
		}
		return isUtf8(octets.flip());
	}

	private static boolean isUtf8(ByteBuffer octets) {
		try {
			StandardCharsets.UTF_8.newDecoder().decode(octets);
			return true;
		}
		catch (CharacterCodingException ex) {
			return false;
		}
	}

}
