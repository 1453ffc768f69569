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

import java.util.List;

/**
 * What a peer asks for, by HTTP.
 */
public interface MeshRequest {

	/**
	 * The method as sent.
	 * @return the method
	 */
	String method();

	/**
	 * The target as it was on the wire, with its query.
	 * @return the target
	 */
	String target();

	/**
	 * The values of a header, one for each time that it was sent. {@code Host} is the
	 * authority, in HTTP/2 too.
	 * @param name the name, in any case
	 * @return the values, empty if it was not sent
	 */
	List<String> headers(String name);

}
