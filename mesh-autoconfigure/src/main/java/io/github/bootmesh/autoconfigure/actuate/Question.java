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

package io.github.bootmesh.autoconfigure.actuate;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.util.StringUtils;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.IntentionSet;
import io.github.bootmesh.intention.RequestFacts;

/**
 * A request that an operator asks about.
 *
 * @param source who would send it: a service, or a SPIFFE ID
 * @param method the method, in upper case where it is so on the wire
 * @param target the path, perhaps with a query, as it would be on the wire
 * @param fields the headers by name, in any case
 */
record Question(String source, String method, String target, Map<String, List<String>> fields) implements RequestFacts {

	/**
	 * Reads the parameters of a question.
	 * @param header one {@code Name: value}, or several in a collection or an array
	 * @throws InvalidEndpointRequestException if one is missing or cannot be read
	 */
	static Question of(@Nullable String source, @Nullable String method, @Nullable String path,
			@Nullable Object header) {
		Map<String, List<String>> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		for (String field : fields(header)) {
			int colon = field.indexOf(':');
			if (colon < 1) {
				throw new InvalidEndpointRequestException("A header has no name", "'header' must be 'Name: value'.");
			}
			fields.computeIfAbsent(field.substring(0, colon).trim(), (name) -> new ArrayList<>())
				.add(field.substring(colon + 1).trim());
		}
		return new Question(required("source", source), required("method", method), required("path", path), fields);
	}

	/**
	 * A question about who may connect, where requests are not looked into.
	 * @throws InvalidEndpointRequestException if the source is missing
	 */
	static Question ofConnection(@Nullable String source) {
		return new Question(required("source", source), "", "", Map.of());
	}

	private static List<String> fields(@Nullable Object header) {
		if (header == null) {
			return List.of();
		}
		if (header instanceof Object[] several) {
			return fields(List.of(several));
		}
		return (header instanceof Collection<?> several) ? several.stream().map(String::valueOf).toList()
				: List.of(header.toString());
	}

	private static String required(String name, @Nullable String value) {
		if (!StringUtils.hasText(value)) {
			throw new InvalidEndpointRequestException("Missing parameter: " + name,
					"The parameters 'source' and, where requests are looked into, 'method' and 'path' are needed.");
		}
		return value;
	}

	ExplanationDescriptor ask(Authorizer authorizer) {
		SpiffeId id = id(authorizer.status().set());
		return ExplanationDescriptor.of(id, authorizer.explain(id, this));
	}

	ExplanationDescriptor askOpaque(Authorizer authorizer) {
		SpiffeId id = id(authorizer.status().set());
		return ExplanationDescriptor.of(id, authorizer.explainOpaqueConnection(id));
	}

	// Without a set nobody is asked who it is.
	private SpiffeId id(@Nullable IntentionSet set) {
		if (this.source.contains("://")) {
			try {
				return SpiffeId.parse(this.source);
			}
			catch (IllegalArgumentException ex) {
				throw new InvalidEndpointRequestException("Not a SPIFFE ID", String.valueOf(ex.getMessage()), ex);
			}
		}
		return new SpiffeId((set != null) ? set.self().trustDomain() : "unknown", SpiffeId.DEFAULT, SpiffeId.DEFAULT,
				(set != null) ? set.self().datacenter() : "unknown", this.source);
	}

	@Override
	public List<String> headers(String name) {
		return this.fields.getOrDefault(name, List.of());
	}

}
