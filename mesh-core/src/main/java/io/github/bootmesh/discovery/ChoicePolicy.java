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

/**
 * How an instance is chosen among the healthy ones.
 */
public enum ChoicePolicy {

	/**
	 * Any, as often as their weights say, the less busy ones first.
	 */
	WEIGHTED,

	/**
	 * Always the same one, as long as it is healthy and can be connected; then another,
	 * and from there on that one. All who choose this way for a destination get the same.
	 */
	FIRST

}
