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

package io.github.bootmesh.dev;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * An intention, as it is stored, shown and, with most fields absent, written. Consul 1.8
 * shows every field but the permissions, later ones only those that hold something: what
 * is not shown is {@code null}.
 *
 * @param id the ID
 * @param description words for people
 * @param sourceNs the source's namespace
 * @param sourceName the source or {@code *}
 * @param destinationNs the destination's namespace
 * @param destinationName the destination or {@code *}
 * @param sourceType always {@code consul}
 * @param action {@code allow} or {@code deny}, or {@code null} where permissions decide
 * @param permissions what decides instead of the action, top to bottom
 * @param defaultAddr unused
 * @param defaultPort unused
 * @param meta the metadata
 * @param precedence which one wins, the higher
 * @param createdAt when it was made
 * @param updatedAt when it was last changed
 * @param hash a digest of the content
 * @param createIndex the index that it came with
 * @param modifyIndex the index of its last change
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Intention(@Nullable String id, @Nullable String description, @Nullable String sourceNs,
		@Nullable String sourceName, @Nullable String destinationNs, @Nullable String destinationName,
		@Nullable String sourceType, @Nullable String action, @Nullable List<IntentionPermission> permissions,
		@Nullable String defaultAddr, @Nullable Integer defaultPort, @Nullable Map<String, String> meta, int precedence,
		@Nullable Instant createdAt, @Nullable Instant updatedAt, @Nullable String hash, long createIndex,
		long modifyIndex) {

	/**
	 * The order in which they are evaluated.
	 */
	static final Comparator<Intention> EVALUATION = Comparator
		.<Intention>comparingInt((intention) -> intention.precedence())
		.reversed()
		.thenComparing((intention) -> String.valueOf(intention.sourceNs()))
		.thenComparing((intention) -> String.valueOf(intention.sourceName()))
		.thenComparing((intention) -> String.valueOf(intention.destinationNs()))
		.thenComparing((intention) -> String.valueOf(intention.destinationName()));

	private static final String ANY = "*";

	/**
	 * An intention to be written.
	 * @param source the source
	 * @param destination the destination
	 * @param action the action
	 * @param permissions the permissions
	 * @return the intention
	 */
	static Intention wanted(String source, String destination, @Nullable String action,
			@Nullable List<IntentionPermission> permissions) {
		return new Intention(null, null, null, source, null, destination, null, action, permissions, null, null, null,
				0, null, null, null, 0, 0);
	}

	/**
	 * The same without an ID and for another source and destination.
	 * @param source the source
	 * @param destination the destination
	 * @return the intention
	 */
	Intention between(String source, String destination) {
		return new Intention(null, this.description, null, source, null, destination, this.sourceType, this.action,
				this.permissions, null, null, this.meta, 0, null, null, null, 0, 0);
	}

	/**
	 * The intention with all fields of Consul 1.8, or the refusal that it gives.
	 * @param newId its ID
	 * @param created when it was made
	 * @param createdAt the index that it came with
	 * @param now the time
	 * @param index the index of the change
	 * @return the intention
	 */
	Intention stored(String newId, Instant created, long createdAt, Instant now, long index) {
		String source = required(this.sourceName, "SourceName must be set");
		String destination = required(this.destinationName, "DestinationName must be set");
		exactOrAny(source, "SourceName");
		exactOrAny(destination, "DestinationName");
		String what = text(this.action, "");
		if (!what.equals("allow") && !what.equals("deny")) {
			throw invalid("Action must be set to 'allow' or 'deny'");
		}
		if (!text(this.sourceType, "consul").equals("consul")) {
			throw invalid("SourceType must be set to 'consul'");
		}
		Map<String, String> pairs = (this.meta != null) ? this.meta : Map.of();
		String from = text(this.sourceNs, "default");
		String to = text(this.destinationNs, "default");
		return new Intention(newId, text(this.description, ""), from, source, to, destination, "consul", what, null,
				text(this.defaultAddr, ""), (this.defaultPort != null) ? this.defaultPort : 0, pairs,
				precedenceOf(from, source, to, destination), created, now,
				hash(newId + from + source + to + destination + what + text(this.description, "") + pairs), createdAt,
				index);
	}

	static int precedenceOf(String sourceNs, String source, String destinationNs, String destination) {
		int most = destinationNs.equals(ANY) ? 3 : (destination.equals(ANY) ? 6 : 9);
		int inexact = sourceNs.equals(ANY) ? 2 : (source.equals(ANY) ? 1 : 0);
		return most - inexact;
	}

	private static String required(@Nullable String value, String otherwise) {
		if (value == null || value.isEmpty()) {
			throw invalid(otherwise);
		}
		return value;
	}

	private static void exactOrAny(String name, String field) {
		if (name.contains(ANY) && !name.equals(ANY)) {
			throw invalid(field + ": wildcard character '*' cannot be used with partial values");
		}
	}

	private static RefusedException invalid(String text) {
		return RefusedException.failed("1 error occurred:\n\t* " + text + "\n\n");
	}

	private static String text(@Nullable String value, String otherwise) {
		return (value == null || value.isEmpty()) ? otherwise : value;
	}

	static String hash(String content) {
		try {
			byte[] digest = MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
			return Base64.getEncoder().encodeToString(digest);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Whether it lets a connection in. One with permissions does not: they are for
	 * requests.
	 * @return whether it does
	 */
	boolean allows() {
		return "allow".equals(this.action);
	}

	boolean matchesSource(String namespace, String name) {
		return matches(this.sourceNs, namespace) && matches(this.sourceName, name);
	}

	boolean matchesDestination(String namespace, String name) {
		return matches(this.destinationNs, namespace) && matches(this.destinationName, name);
	}

	private static boolean matches(@Nullable String pattern, String value) {
		return ANY.equals(pattern) || value.equals(pattern);
	}

	boolean samePair(Intention other) {
		return pair().equals(other.pair());
	}

	private String pair() {
		return this.sourceNs + "/" + this.sourceName + " => " + this.destinationNs + "/" + this.destinationName;
	}

	/**
	 * The words in which a version of Consul names it.
	 * @param version the version
	 * @return the words
	 */
	String words(ConsulVersion version) {
		String what = text(this.action, "").toUpperCase(Locale.ROOT);
		if (version == ConsulVersion.V1_8) {
			return what + " " + pair() + " (ID: " + this.id + ", Precedence: " + this.precedence + ")";
		}
		return pair() + " (" + ((this.id != null) ? "ID: " + this.id + ", " : "") + "Precedence: " + this.precedence
				+ ", " + ((this.permissions != null) ? "Permissions: " + this.permissions.size() : "Action: " + what)
				+ ")";
	}

	Intention at(long low) {
		return new Intention(this.id, this.description, this.sourceNs, this.sourceName, this.destinationNs,
				this.destinationName, this.sourceType, this.action, this.permissions, this.defaultAddr,
				this.defaultPort, this.meta, this.precedence, this.createdAt, this.updatedAt, this.hash, low, low);
	}

}
