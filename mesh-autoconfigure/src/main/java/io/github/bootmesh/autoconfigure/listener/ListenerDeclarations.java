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

package io.github.bootmesh.autoconfigure.listener;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import io.github.bootmesh.autoconfigure.ServiceName;
import io.github.bootmesh.autoconfigure.server.InboundProperties;

/**
 * What is declared, each by itself and beside the others.
 */
final class ListenerDeclarations {

	private final List<ListenerDeclaration> declared = new ArrayList<>();

	ListenerDeclarations(MeshListenerProperties properties) {
		properties.listeners().forEach((name, listener) -> {
			ListenerDeclaration declaration = new ListenerDeclaration(name, listener);
			this.declared.forEach((other) -> requireDistinct(declaration, other));
			this.declared.add(declaration);
		});
	}

	private static void requireDistinct(ListenerDeclaration declaration, ListenerDeclaration other) {
		declaration.require(!declaration.service().equalsIgnoreCase(other.service()), "service", declaration.service(),
				"It is the service of the listener '" + other.name() + "' already.");
		String id = declaration.instance().id();
		declaration.require(id == null || !Objects.equals(id, other.instance().id()), "id", id,
				"It is the ID of the listener '" + other.name() + "' already.");
		InetSocketAddress bind = declaration.bind();
		declaration.require(!clash(bind, other.bind()), "port", bind.getPort(),
				"The listener '" + other.name() + "' listens there already.");
	}

	private static boolean clash(InetSocketAddress one, InetSocketAddress other) {
		return one.getPort() != 0 && one.getPort() == other.getPort() && (one.getAddress().equals(other.getAddress())
				|| one.getAddress().isAnyLocalAddress() || other.getAddress().isAnyLocalAddress());
	}

	/**
	 * All of them, once it is sure that they are others than the application itself.
	 */
	List<ListenerDeclaration> beside(ServiceName application, InboundProperties inbound) {
		for (ListenerDeclaration declaration : this.declared) {
			declaration.require(!declaration.service().equalsIgnoreCase(application.value()), "service",
					declaration.service(), "It is this application's own service: give the listener another, or the "
							+ "application ('bootmesh.service-name').");
			InetSocketAddress own = (inbound.address() != null)
					? new InetSocketAddress(inbound.address(), inbound.port()) : new InetSocketAddress(inbound.port());
			declaration.require(!clash(declaration.bind(), own), "port", own.getPort(),
					"It is 'bootmesh.inbound.port' already.");
		}
		return List.copyOf(this.declared);
	}

	int size() {
		return this.declared.size();
	}

}
