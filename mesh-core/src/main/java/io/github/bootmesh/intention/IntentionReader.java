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

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import tools.jackson.databind.JsonNode;

import io.github.bootmesh.SpiffeId;

/**
 * Reads the answer of {@code /v1/connect/intentions/match}, of Consul 1.8 and later. A
 * field that is not known makes its rule {@linkplain IntentionRule.NotUnderstood not
 * understood}; one that could say whom the rule is about is no rule to deny by, and makes
 * the whole answer unreadable.
 */
final class IntentionReader {

	// What tells people about an intention, and has no part in a decision. Precedence
	// follows from the names.
	private static final Set<String> INFORMATION = Set.of("ID", "Description", "Meta", "Precedence", "CreatedAt",
			"UpdatedAt", "Hash", "CreateIndex", "ModifyIndex", "DefaultAddr", "DefaultPort", "LegacyID", "LegacyMeta",
			"LegacyCreateTime", "LegacyUpdateTime");

	private static final int NAME_LENGTH = 255;

	private final String service;

	IntentionReader(String service) {
		this.service = service;
	}

	/**
	 * Reads an answer.
	 * @param answer the answer to a question about the service alone
	 * @return the intentions, in the answer's order
	 * @throws NotUnderstoodException if the answer as a whole is of no use
	 */
	List<Intention> read(JsonNode answer) throws NotUnderstoodException {
		Fields services = new Fields(answer, "an answer");
		List<JsonNode> list = services.list(this.service);
		if (!answer.has(this.service)) {
			throw new NotUnderstoodException("an answer that does not name the service");
		}
		services.requireNoOther("");
		List<Intention> intentions = new ArrayList<>(list.size());
		for (JsonNode node : list) {
			intentions.add(intention(new Fields(node, "an intention")));
		}
		return intentions;
	}

	private Intention intention(Fields fields) throws NotUnderstoodException {
		String sourceNamespace = namespace(fields, "SourceNS");
		String source = name(fields, "SourceName", sourceNamespace);
		String partition = exact(fields, "SourcePartition");
		String peer = exact(fields, "SourcePeer");
		String type = fields.text("SourceType");
		if (!type.isEmpty() && !type.equals("consul")) {
			throw fields.odd("SourceType");
		}
		if (!fields.text("SourceSamenessGroup").isEmpty()) {
			throw new NotUnderstoodException("an intention for a sameness group, which is not supported");
		}
		if (!peer.isEmpty() && !partition.isEmpty() && !partition.equals(SpiffeId.DEFAULT)) {
			throw new NotUnderstoodException("an intention with both a SourcePeer and a SourcePartition");
		}
		String destinationNamespace = namespace(fields, "DestinationNS");
		String destination = name(fields, "DestinationName", destinationNamespace);
		// Consul finds a service's intentions in any case of its name.
		if (!destination.equals(Intention.ANY) && !destination.equalsIgnoreCase(this.service)) {
			throw new NotUnderstoodException("an intention for another service, " + Fields.shown(destination));
		}
		exact(fields, "DestinationPartition");
		fields.ignore(INFORMATION);
		fields.requireNoOther("Source", "Destination");
		return new Intention(partition.isEmpty() ? SpiffeId.DEFAULT : partition, sourceNamespace, source, peer,
				destinationNamespace, destination, rule(fields));
	}

	private static IntentionRule rule(Fields fields) {
		try {
			PermissionReader.requireNoJwt(fields);
			List<JsonNode> permissions = fields.list("Permissions");
			if (permissions.isEmpty()) {
				IntentionRule rule = PermissionReader.action(fields) ? IntentionRule.ALLOW : IntentionRule.DENY;
				fields.requireNoOther("");
				return rule;
			}
			if (!fields.text("Action").isEmpty()) {
				throw new NotUnderstoodException("an intention with both an Action and Permissions");
			}
			fields.requireNoOther("");
			return new IntentionRule.Permissions(PermissionReader.read(permissions));
		}
		catch (NotUnderstoodException ex) {
			return new IntentionRule.NotUnderstood(ex.why());
		}
	}

	private static String namespace(Fields fields, String field) throws NotUnderstoodException {
		String namespace = checked(fields, field);
		return namespace.isEmpty() ? SpiffeId.DEFAULT : namespace;
	}

	private static String name(Fields fields, String field, String namespace) throws NotUnderstoodException {
		String name = checked(fields, field);
		if (name.isEmpty() || (namespace.equals(Intention.ANY) && !name.equals(Intention.ANY))) {
			throw fields.odd(field);
		}
		return name;
	}

	// Consul has no wildcard for it.
	private static String exact(Fields fields, String field) throws NotUnderstoodException {
		String name = checked(fields, field);
		if (name.equals(Intention.ANY)) {
			throw fields.odd(field);
		}
		return name;
	}

	private static String checked(Fields fields, String field) throws NotUnderstoodException {
		String name = fields.text(field);
		boolean partOfName = name.contains(Intention.ANY) && !name.equals(Intention.ANY);
		if (partOfName || name.length() > NAME_LENGTH || name.chars().anyMatch(Character::isISOControl)) {
			throw fields.odd(field);
		}
		return name;
	}

}
