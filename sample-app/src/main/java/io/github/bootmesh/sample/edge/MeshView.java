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

package io.github.bootmesh.sample.edge;

import java.util.List;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.sample.edge.Intentions.Intention;
import io.github.bootmesh.sample.member.Bookkeeping;
import io.github.bootmesh.sample.member.Hop;
import io.github.bootmesh.sample.member.Listener;
import io.github.bootmesh.sample.member.Member;
import io.github.bootmesh.sample.member.StreamState;

/**
 * All that the page shows.
 *
 * @param consul the Consul of this mesh
 * @param services each service, there or not
 * @param call a call through all of them, made just now
 * @param stream the stream that the inventory sends to the storefront
 * @param ledger the way from the storefront to the ledger
 * @param intentions what Consul allows and forbids
 * @param failure what does not get through and why, {@code null} when all does
 */
record MeshView(Consul consul, List<Service> services, Call call, StreamState stream, Ledger ledger, Rules intentions,
		@Nullable Failure failure) {

	MeshView failing(Failure what) {
		return new MeshView(this.consul, this.services, this.call, this.stream, this.ledger, this.intentions, what);
	}

	/**
	 * The Consul of this mesh.
	 *
	 * @param url where it is
	 * @param development whether it is the development Consul
	 * @param changesAllowed whether the page may change it
	 */
	record Consul(String url, boolean development, boolean changesAllowed) {

	}

	/**
	 * A service.
	 *
	 * @param name the name
	 * @param member what it tells about itself, {@code null} when it does not answer
	 * @param problem why it does not answer, or {@code null}
	 */
	record Service(String name, @Nullable Member member, @Nullable String problem) {

	}

	/**
	 * A call.
	 *
	 * @param millis how long it took
	 * @param complete whether it reached the last service
	 * @param way the stations, the first one here
	 */
	record Call(long millis, boolean complete, Hop way) {

	}

	/**
	 * The way from the storefront to the ledger.
	 *
	 * @param storefront how the storefront gets on, and its end of the way
	 * @param publicListener the ledger's end, {@code null} when the ledger does not tell
	 * @param server where the server behind it listens
	 */
	record Ledger(Bookkeeping storefront, @Nullable Listener publicListener, String server) {

	}

	/**
	 * The intentions.
	 *
	 * @param rules the intentions, in the order in which they are evaluated
	 * @param problem why they cannot be read, or {@code null}
	 */
	record Rules(List<Rule> rules, @Nullable String problem) {

	}

	/**
	 * An intention.
	 *
	 * @param source the service that calls or {@code *}
	 * @param destination the service that is called or {@code *}
	 * @param action {@code allow} or {@code deny}, or {@code null} where permissions
	 * decide
	 * @param permissions how many permissions decide
	 */
	record Rule(String source, String destination, @Nullable String action, int permissions) {

		static Rule of(Intention intention) {
			return new Rule(intention.source(), intention.destination(), intention.action(),
					(intention.permissions() != null) ? intention.permissions().size() : 0);
		}

	}

	/**
	 * A request or a connection that does not get through.
	 *
	 * @param source the service that calls
	 * @param destination the service that is called
	 * @param request method and path, {@code null} where it is about a connection
	 * @param explanation what the called service says about it, {@code null} when it says
	 * nothing
	 */
	record Failure(String source, String destination, @Nullable Request request, @Nullable JsonNode explanation) {

		Failure explained(JsonNode words) {
			return new Failure(this.source, this.destination, this.request, words);
		}

		/**
		 * What is asked for.
		 *
		 * @param method the method
		 * @param path the path
		 */
		record Request(String method, String path) {

		}

	}

}
