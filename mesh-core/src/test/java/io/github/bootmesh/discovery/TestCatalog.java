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

package io.github.bootmesh.discovery;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

import io.github.bootmesh.testing.ScriptedAgent;

/**
 * A catalog of mesh-native instances that a {@link ScriptedAgent} shows, in Consul's own
 * shape.
 */
public final class TestCatalog {

	private final ScriptedAgent agent;

	private final Map<String, Map<String, String>> services = new TreeMap<>();

	private long index = 10;

	public TestCatalog(ScriptedAgent agent) {
		this.agent = agent;
	}

	/**
	 * An instance on loopback, whose checks have the statuses given.
	 */
	public synchronized TestCatalog add(String service, String id, int port, String... statuses) {
		entries(service).put(id, entry(service, id, "127.0.0.1", port, statuses));
		return publish(service);
	}

	/**
	 * A healthy instance at an address or a host name.
	 */
	public synchronized TestCatalog addAt(String service, String id, String address, int port) {
		entries(service).put(id, entry(service, id, address, port));
		return publish(service);
	}

	public synchronized TestCatalog remove(String service, String id) {
		entries(service).remove(id);
		return publish(service);
	}

	/** Somebody has asked for a service that has no instance. */
	public synchronized TestCatalog empty(String service) {
		entries(service).clear();
		return publish(service);
	}

	/** A prepared query that asks for a service, and finds the instances of now. */
	public synchronized TestCatalog query(String name, String service) {
		return query(name, service, "dc1");
	}

	/** A prepared query that finds the instances of a service in a datacenter. */
	public synchronized TestCatalog query(String name, String service, String datacenter) {
		String nodes = json(service).replace("\"Datacenter\":\"dc1\"", "\"Datacenter\":\"" + datacenter + "\"");
		this.agent.answer(queryPath(name), ScriptedAgent.Answer
			.json("{\"Service\":\"%s\",\"Nodes\":%s,\"Datacenter\":\"%s\"}".formatted(service, nodes, datacenter)));
		return this;
	}

	/** Where a prepared query is executed. */
	public static String queryPath(String name) {
		return "/v1/query/" + name + "/execute";
	}

	/** The answer that holds every instance of the service. */
	public synchronized String json(String service) {
		return entries(service).values().stream().collect(Collectors.joining(",", "[", "]"));
	}

	private Map<String, String> entries(String service) {
		return this.services.computeIfAbsent(service, (key) -> new LinkedHashMap<>());
	}

	private TestCatalog publish(String service) {
		this.agent.answer("/v1/health/connect/" + service,
				ScriptedAgent.Answer.json(json(service)).index(++this.index));
		return this;
	}

	private static String entry(String service, String id, String address, int port, String... statuses) {
		String checks = Arrays.stream(statuses)
			.map((status) -> """
					{"Node":"node1","CheckID":"c","Name":"c","Status":"%s","Output":"","ServiceID":"%s"}"""
				.formatted(status, id))
			.collect(Collectors.joining(","));
		return """
				{"Node":{"ID":"n1","Node":"node1","Address":"127.0.0.1","Datacenter":"dc1","Meta":null},
				"Service":{"Kind":"","ID":"%s","Service":"%s","Tags":[],"Address":"%s","Meta":null,"Port":%d,
				"Weights":{"Passing":1,"Warning":1},"Proxy":{"MeshGateway":{},"Expose":{}},"Connect":{"Native":true}},
				"Checks":[%s]}""".formatted(id, service, address, port, checks);
	}

}
