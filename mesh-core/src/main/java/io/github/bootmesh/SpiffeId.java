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

package io.github.bootmesh;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The SPIFFE ID of a service in a Consul mesh:
 * {@code spiffe://<trust domain>/ns/<namespace>/dc/<datacenter>/svc/<service>}, with
 * {@code /ap/<partition>} in front when the partition is not the default one. Other IDs
 * that Consul issues (agents, gateways, the CA itself) are not service identities and are
 * not accepted by {@link #parse(String)}.
 * <p>
 * Immutable; equality is exact, the trust domain included.
 *
 * @param trustDomain the trust domain, in lower case, such as {@code <uuid>.consul}
 * @param partition the admin partition, {@code default} when the URI names none
 * @param namespace the namespace
 * @param datacenter the datacenter
 * @param service the service name, its case kept as Consul keeps it
 * @see <a href="https://spiffe.io/docs/latest/spiffe-specs/spiffe-id/">SPIFFE ID</a>
 */
public record SpiffeId(String trustDomain, String partition, String namespace, String datacenter, String service) {

	/**
	 * Name of the partition and of the namespace that Consul means when it names none.
	 */
	public static final String DEFAULT = "default";

	// SPIFFE ID specification, section 2.3: at most 2048 bytes.
	private static final int MAX_LENGTH = 2048;

	// S: one path segment of printable ASCII, as RFC 3986 has it.
	private static final Pattern URI = Pattern
		.compile("spiffe://([a-z0-9._-]{1,255})(?:/ap/S)?/ns/S/dc/S/svc/S".replace("S", "([!-~&&[^/?#]]+)"));

	private static final Pattern BROKEN_ESCAPE = Pattern.compile("%(?![0-9a-fA-F]{2})");

	public SpiffeId {
		Objects.requireNonNull(trustDomain, "trustDomain");
		Objects.requireNonNull(partition, "partition");
		Objects.requireNonNull(namespace, "namespace");
		Objects.requireNonNull(datacenter, "datacenter");
		Objects.requireNonNull(service, "service");
	}

	/**
	 * Reads a service identity from its URI.
	 * @param uri the URI as it stands in the certificate
	 * @return the identity
	 * @throws IllegalArgumentException if the text is not a service identity
	 */
	public static SpiffeId parse(String uri) {
		if (uri.length() > MAX_LENGTH) {
			throw new IllegalArgumentException("SPIFFE ID is longer than " + MAX_LENGTH + " characters");
		}
		Matcher matcher = URI.matcher(uri);
		if (!matcher.matches()) {
			throw new IllegalArgumentException("Not the SPIFFE ID of a service: '" + printable(uri) + "'");
		}
		String partition = matcher.group(2);
		return new SpiffeId(matcher.group(1), (partition != null) ? segment(partition) : DEFAULT,
				segment(matcher.group(3)), segment(matcher.group(4)), segment(matcher.group(5)));
	}

	private static String segment(String raw) {
		if (BROKEN_ESCAPE.matcher(raw).find()) {
			throw new IllegalArgumentException("SPIFFE ID has a broken percent escape");
		}
		// Only form decoding reads a plus sign as a space.
		String decoded = URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
		if (decoded.equals(".") || decoded.equals("..")
				|| decoded.chars().anyMatch((c) -> c == '/' || Character.isISOControl(c) || c == '\uFFFD')) {
			throw new IllegalArgumentException("SPIFFE ID has a segment that is not a name");
		}
		return decoded;
	}

	private static String printable(String text) {
		return text.replaceAll("[^\\x20-\\x7e]", "?");
	}

	/**
	 * The same service in another trust domain.
	 * @param trustDomain the other trust domain
	 * @return the identity there
	 */
	public SpiffeId in(String trustDomain) {
		return new SpiffeId(trustDomain, this.partition, this.namespace, this.datacenter, this.service);
	}

	/**
	 * The identity as the URI that stands in certificates.
	 * @return the URI
	 */
	@Override
	public String toString() {
		StringBuilder uri = new StringBuilder("spiffe://").append(this.trustDomain);
		if (!DEFAULT.equals(this.partition)) {
			uri.append("/ap/").append(escape(this.partition));
		}
		return uri.append("/ns/")
			.append(escape(this.namespace))
			.append("/dc/")
			.append(escape(this.datacenter))
			.append("/svc/")
			.append(escape(this.service))
			.toString();
	}

	// RFC 3986 section 3.3: what a path segment may hold unescaped.
	private static String escape(String segment) {
		StringBuilder escaped = new StringBuilder(segment.length());
		for (byte b : segment.getBytes(StandardCharsets.UTF_8)) {
			char c = (char) (b & 0xff);
			if ((c < 0x80 && Character.isLetterOrDigit(c)) || "-._~$&+:=@".indexOf(c) >= 0) {
				escaped.append(c);
			}
			else {
				escaped.append('%').append(String.format("%02X", (int) c));
			}
		}
		return escaped.toString();
	}

}
